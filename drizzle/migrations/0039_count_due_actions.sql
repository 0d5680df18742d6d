-- How many next actions of each tenant are due, for Prometheus: counts only, off the index of what is due.
CREATE POLICY definer_reads ON opportunities FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
GRANT SELECT (tenant_id, next_action_at) ON opportunities TO tidemark_definer;
--> statement-breakpoint
CREATE FUNCTION app.count_due_actions() RETURNS TABLE (tenant_id uuid, count int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.tenant_id, count(*)::int FROM opportunities o
  WHERE o.next_action_at IS NOT NULL AND o.next_action_at <= now() GROUP BY o.tenant_id
$$;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.count_due_actions() OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.count_due_actions() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.count_due_actions() TO tidemark_operator;
