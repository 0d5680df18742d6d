-- Every version of a field mapping. The foreign key stands with its table: added later it would be checked, by an owner who sees no rows.
CREATE TABLE "field_mappings" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"mapping" jsonb NOT NULL,
	"made_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"made_by" text NOT NULL,
	"note" text,
	"back_to" integer,
	"state" text DEFAULT 'waiting' NOT NULL,
	"settled_at" timestamp with time zone,
	"refused_because" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"snapshots" integer DEFAULT 0 NOT NULL,
	"snapshots_total" integer,
	"rows_taken" integer,
	"rows_kept" integer,
	CONSTRAINT "field_mappings_tenant_id_connection_id_version_pk" PRIMARY KEY("tenant_id","connection_id","version"),
	CONSTRAINT "field_mappings_state" CHECK ("field_mappings"."state" in ('waiting', 'applied', 'replaced', 'refused')),
	CONSTRAINT "field_mappings_refused" CHECK (("field_mappings"."state" = 'refused') = ("field_mappings"."refused_because" is not null)),
	CONSTRAINT "field_mappings_version" CHECK ("field_mappings"."version" > 0),
	CONSTRAINT "field_mappings_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id")
);
--> statement-breakpoint
CREATE INDEX "field_mappings_waiting" ON "field_mappings" USING btree ("made_at") WHERE "field_mappings"."state" = 'waiting';
--> statement-breakpoint
SELECT app.protect('field_mappings'::regclass);
--> statement-breakpoint
-- The web makes versions and puts a newer one in the place of one that waits; the worker carries them out. Nobody may delete one.
GRANT SELECT, INSERT, UPDATE (state, settled_at) ON field_mappings TO tidemark_web;
--> statement-breakpoint
GRANT SELECT, UPDATE (state, settled_at, refused_because, attempts, snapshots, snapshots_total, rows_taken, rows_kept) ON field_mappings TO tidemark_worker;
--> statement-breakpoint
-- Which versions wait, of whatever tenant.
CREATE POLICY definer_reads ON field_mappings FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, version, state, made_at) ON field_mappings TO tidemark_definer;
--> statement-breakpoint
CREATE FUNCTION app.waiting_field_mappings(most int) RETURNS TABLE (tenant_id uuid, connection_id uuid, version int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.tenant_id, m.connection_id, m.version FROM field_mappings m WHERE m.state = 'waiting' ORDER BY m.made_at LIMIT most
$$;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.waiting_field_mappings(int) OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.waiting_field_mappings(int) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.waiting_field_mappings(int) TO tidemark_worker;
