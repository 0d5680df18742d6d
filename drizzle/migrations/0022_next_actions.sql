CREATE TABLE "answered_requests" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"status" integer NOT NULL,
	"answer" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "answered_requests_tenant_id_user_id_route_key_pk" PRIMARY KEY("tenant_id","user_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "crm_writes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT app.uuid_v7() NOT NULL,
	"connection_id" uuid NOT NULL,
	"opportunity_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"idempotency_key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"payload" jsonb NOT NULL,
	"expected_updated_at" timestamp with time zone,
	"made_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"send_after" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"sent_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"refused_because" text,
	CONSTRAINT "crm_writes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crm_writes_key" UNIQUE("tenant_id","idempotency_key"),
	CONSTRAINT "crm_writes_state" CHECK ("crm_writes"."state" in ('pending', 'sending', 'confirmed', 'refused')),
	CONSTRAINT "crm_writes_refused" CHECK (("crm_writes"."state" = 'refused') = ("crm_writes"."refused_because" is not null))
);
--> statement-breakpoint
CREATE TABLE "next_actions" (
	"tenant_id" uuid NOT NULL,
	"opportunity_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"how" text NOT NULL,
	"due_at" timestamp with time zone,
	"details" text,
	"kind" text,
	"outcome" text,
	"reason" text,
	"moves" integer DEFAULT 0 NOT NULL,
	"suggestion_id" uuid,
	"made_by" uuid,
	"made_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "next_actions_tenant_id_opportunity_id_number_pk" PRIMARY KEY("tenant_id","opportunity_id","number"),
	CONSTRAINT "next_actions_step_or_outcome" CHECK (("next_actions"."outcome" is null) = ("next_actions"."due_at" is not null) and ("next_actions"."due_at" is null) = ("next_actions"."details" is null)),
	CONSTRAINT "next_actions_number" CHECK ("next_actions"."number" > 0 and "next_actions"."moves" >= 0),
	CONSTRAINT "next_actions_how" CHECK ("next_actions"."how" in ('planned', 'completed', 'moved', 'suggested', 'undone', 'closed', 'merged')),
	CONSTRAINT "next_actions_outcome" CHECK ("next_actions"."outcome" in ('won', 'lost', 'disqualified', 'closed_in_crm', 'merged', 'none'))
);
--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "next_action_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "next_action_details" text;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "own_outcome" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "writes_back" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "answered_requests_expiry" ON "answered_requests" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "crm_writes_of" ON "crm_writes" USING btree ("tenant_id","opportunity_id","number");--> statement-breakpoint
CREATE INDEX "crm_writes_waiting" ON "crm_writes" USING btree ("tenant_id","send_after") WHERE "crm_writes"."state" in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX "next_actions_made" ON "next_actions" USING btree ("tenant_id","made_at");--> statement-breakpoint
CREATE INDEX "next_actions_moved" ON "next_actions" USING btree ("tenant_id","opportunity_id","number") WHERE moves >= 3;--> statement-breakpoint
CREATE INDEX "activities_of_opportunity" ON "activities" USING btree ("tenant_id","opportunity_id") WHERE opportunity_id is not null;--> statement-breakpoint
CREATE INDEX "activities_open" ON "activities" USING btree ("tenant_id","due_at","id") WHERE not is_done and deleted_at is null;--> statement-breakpoint
CREATE INDEX "notes_of_opportunity" ON "notes" USING btree ("tenant_id","opportunity_id") WHERE opportunity_id is not null;--> statement-breakpoint
CREATE INDEX "idx_opportunities_tenant_due" ON "opportunities" USING btree ("tenant_id","next_action_at","id") WHERE next_action_at is not null;--> statement-breakpoint
CREATE INDEX "opportunities_unplanned" ON "opportunities" USING btree ("tenant_id") WHERE next_action_at is null and own_outcome is null and status = 'open' and deleted_at is null;