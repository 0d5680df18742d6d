CREATE TABLE "won_targets" (
	"tenant_id" uuid NOT NULL,
	"currency" text NOT NULL,
	"from_month" date NOT NULL,
	"amount_minor" bigint,
	"set_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "won_targets_tenant_id_currency_from_month_pk" PRIMARY KEY("tenant_id","currency","from_month"),
	CONSTRAINT "won_targets_currency" CHECK ("won_targets"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "won_targets_month" CHECK (extract(day from "won_targets"."from_month") = 1),
	CONSTRAINT "won_targets_amount" CHECK ("won_targets"."amount_minor" > 0)
);
--> statement-breakpoint
-- Adding a key compares the rows, and under forced row security its owner may not: the walls are up again when this has ended.
ALTER TABLE "tenants" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "won_targets" ADD CONSTRAINT "won_targets_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
SELECT app.protect('won_targets');
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (amount_minor, set_at) ON won_targets TO tidemark_web;
