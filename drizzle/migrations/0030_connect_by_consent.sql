CREATE TABLE "connection_consents" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"asked_by" text NOT NULL,
	"state_hash" "bytea" NOT NULL,
	"redirect_uri" text NOT NULL,
	"begun_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"outcome" text DEFAULT 'asked' NOT NULL,
	"words" text,
	"verifier_key_id" text,
	"sealed_verifier" "bytea",
	"code_key_id" text,
	"sealed_code" "bytea",
	CONSTRAINT "connection_consents_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id"),
	CONSTRAINT "connection_consents_outcome" CHECK ("connection_consents"."outcome" in ('asked', 'granted', 'spent', 'connected', 'refused'))
);
--> statement-breakpoint
CREATE TABLE "consent_apps" (
	"connector" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"address" text
);
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "account_id" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "by_consent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- Adding a key compares the rows, and under forced row security its owner may not: the walls are up again when this has ended.
ALTER TABLE "connections" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "connection_consents" ADD CONSTRAINT "connection_consents_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "connections" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
SELECT app.protect('connection_consents');
--> statement-breakpoint
-- The web begins an attempt and stores its answer; what it sealed it cannot read back.
GRANT SELECT (tenant_id, connection_id, id, user_id, session_id, state_hash, begun_at, expires_at, outcome, words), INSERT,
  UPDATE (id, user_id, session_id, asked_by, state_hash, redirect_uri, begun_at, expires_at, outcome, words,
    verifier_key_id, sealed_verifier, code_key_id, sealed_code)
  ON connection_consents TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (by_consent) ON connections TO tidemark_web;
--> statement-breakpoint
-- The worker exchanges the code, and publishes with which apps that can be done.
GRANT SELECT, UPDATE (outcome, words, verifier_key_id, sealed_verifier, code_key_id, sealed_code)
  ON connection_consents TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON consent_apps TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON consent_apps TO tidemark_web;
