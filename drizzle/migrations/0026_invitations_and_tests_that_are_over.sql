-- Whether the invitations that somebody has sent are good: while they look after the members of this tenant. The command line,
-- which is nobody, does.
CREATE FUNCTION app.may_invite(inviter uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT inviter IS NULL OR EXISTS (
    SELECT FROM public.memberships m WHERE m.user_id = inviter AND m.role = 'admin' AND m.ended_at IS NULL)
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.may_invite(uuid) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.may_invite(uuid) TO tidemark_web;
--> statement-breakpoint
-- Forgets answers to tests of connections that are a month old, but for the last one of each connection. Nobody else may delete
-- one, and this role by its policy no younger one. Answers how many.
CREATE FUNCTION app.forget_connection_tests() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE forgotten int;
BEGIN
  DELETE FROM connection_tests t
  WHERE t.finished_at < clock_timestamp() - interval '30 days' AND EXISTS (
    SELECT FROM connection_tests newer
    WHERE newer.tenant_id = t.tenant_id AND newer.connection_id = t.connection_id AND newer.asked_at > t.asked_at);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
--> statement-breakpoint
CREATE POLICY definer_forgets ON connection_tests FOR DELETE TO tidemark_definer
  USING (finished_at < clock_timestamp() - interval '30 days');
--> statement-breakpoint
GRANT DELETE ON connection_tests TO tidemark_definer;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.forget_connection_tests() OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.forget_connection_tests() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.forget_connection_tests() TO tidemark_worker;
