CREATE TABLE "activities" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"kind" text NOT NULL,
	"subject" text,
	"details" text,
	"contact_id" uuid,
	"opportunity_id" uuid,
	"owner_id" uuid,
	"due_at" timestamp with time zone,
	"ends_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"is_done" boolean NOT NULL,
	CONSTRAINT "activities_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "companies" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"name" text,
	"domain" text,
	"owner_id" uuid,
	CONSTRAINT "companies_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"first_name" text,
	"last_name" text,
	"company_name" text,
	"company_id" uuid,
	"email" text,
	"phone" text,
	"owner_id" uuid,
	CONSTRAINT "contacts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "lead_sources" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"name" text NOT NULL,
	CONSTRAINT "lead_sources_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "leads" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"contact_id" uuid,
	"name" text,
	"source" text,
	"stage_id" uuid,
	"stage_name" text,
	"contact_kind" text,
	"is_prospect" boolean NOT NULL,
	"owner_id" uuid,
	"amount_minor" bigint,
	"currency" text,
	CONSTRAINT "leads_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "notes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"contact_id" uuid,
	"opportunity_id" uuid,
	"owner_id" uuid,
	"author" text,
	"noted_at" timestamp with time zone,
	"body" text,
	CONSTRAINT "notes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "opportunities" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"title" text,
	"contact_id" uuid,
	"company_id" uuid,
	"owner_id" uuid,
	"pipeline_id" uuid,
	"stage_id" uuid,
	"stage_name" text,
	"status" text NOT NULL,
	"contact_kind" text,
	"source" text,
	"amount_minor" bigint,
	"currency" text,
	"probability" numeric(5, 4),
	"expected_close_on" date,
	"closed_at" timestamp with time zone,
	"market" text,
	"units" integer,
	"weighted_fee_minor" bigint,
	CONSTRAINT "opportunities_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "owners" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"name" text NOT NULL,
	"email" text,
	"is_active" boolean,
	CONSTRAINT "owners_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "pipelines" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"name" text NOT NULL,
	"position" integer,
	CONSTRAINT "pipelines_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "record_aliases" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"alias_source_id" text NOT NULL,
	"source_id" text NOT NULL,
	"run_id" uuid NOT NULL,
	"learned_at" timestamp with time zone NOT NULL,
	CONSTRAINT "record_aliases_tenant_id_connection_id_stream_alias_source_id_pk" PRIMARY KEY("tenant_id","connection_id","stream","alias_source_id")
);
--> statement-breakpoint
CREATE TABLE "stages" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"source_id" text NOT NULL,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"content_hash" "bytea" NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"deleted_because" text,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repairs" text,
	"pipeline_id" uuid,
	"name" text NOT NULL,
	"position" integer,
	"probability" numeric(5, 4),
	"is_active" boolean NOT NULL,
	"outcome" text NOT NULL,
	"contact_kind" text,
	CONSTRAINT "stages_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "record_aliases" ADD CONSTRAINT "record_aliases_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "activities_due" ON "activities" USING btree ("tenant_id","due_at");--> statement-breakpoint
CREATE INDEX "contacts_changed" ON "contacts" USING btree ("tenant_id","connection_id","changed_at","id");--> statement-breakpoint
CREATE INDEX "notes_recent" ON "notes" USING btree ("tenant_id","noted_at" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE INDEX "notes_of_contact" ON "notes" USING btree ("tenant_id","contact_id");--> statement-breakpoint
CREATE INDEX "opportunities_stage" ON "opportunities" USING btree ("tenant_id","stage_id");