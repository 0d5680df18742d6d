-- Three more roles, made like the first five: the sign-in library in its own schema; one person's view over the workspaces that
-- are theirs; an operator inside one tenant, who sees its sync and nothing of its records.
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tidemark_auth', 'tidemark_person', 'tidemark_watcher'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA app, public TO tidemark_auth, tidemark_person, tidemark_watcher;
--> statement-breakpoint
GRANT USAGE ON SCHEMA auth TO tidemark_auth, tidemark_web;
--> statement-breakpoint
-- The person of this transaction. Raises when none is set, as app.tenant_id() does.
CREATE FUNCTION app.user_id() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE person text := current_setting('app.user_id', true);
BEGIN
  IF person IS NULL OR person = '' THEN
    RAISE EXCEPTION 'no person is set for this transaction' USING ERRCODE = '42501';
  END IF;
  RETURN person::uuid;
END $$;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.user_id() TO PUBLIC;
--> statement-breakpoint
SELECT app.protect(t) FROM unnest(ARRAY['memberships', 'invitations', 'api_keys', 'audit_log', 'connection_tests']::regclass[]) AS t;
--> statement-breakpoint
GRANT SELECT, INSERT ON memberships, invitations, api_keys, audit_log, connection_tests TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (role, added_at, added_by, ended_at) ON memberships TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (accepted_at, revoked_at) ON invitations TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (last_used_at, revoked_at) ON api_keys TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (name, time_zone, currency, requires_second_factor) ON tenants TO tidemark_web;
--> statement-breakpoint
GRANT SELECT ON sealing_keys TO tidemark_web;
--> statement-breakpoint
GRANT SELECT (expires_at), INSERT (expires_at), UPDATE (expires_at) ON connection_secrets TO tidemark_web;
--> statement-breakpoint
-- The worker publishes its key, answers tests, seals anew what it opened, and notes what it did.
GRANT SELECT, INSERT, UPDATE ON sealing_keys TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT, UPDATE (started_at, finished_at, ok, steps) ON connection_tests TO tidemark_worker;
--> statement-breakpoint
GRANT INSERT, UPDATE (key_id, sealed, hint, expires_at, updated_at) ON connection_secrets TO tidemark_worker;
--> statement-breakpoint
GRANT INSERT ON audit_log TO tidemark_worker;
--> statement-breakpoint
-- One person over all of their workspaces: where they belong, and how the syncs stand there.
ALTER TABLE agencies ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE agency_operators ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own_rows ON memberships FOR SELECT TO tidemark_person USING (user_id = (SELECT app.user_id()) AND ended_at IS NULL);
--> statement-breakpoint
CREATE POLICY own_rows ON agency_operators FOR SELECT TO tidemark_person USING (user_id = (SELECT app.user_id()) AND ended_at IS NULL);
--> statement-breakpoint
CREATE POLICY own_rows ON agencies FOR SELECT TO tidemark_person USING (id IN (SELECT agency_id FROM agency_operators));
--> statement-breakpoint
CREATE POLICY own_rows ON tenants FOR SELECT TO tidemark_person
  USING (id IN (SELECT tenant_id FROM memberships) OR agency_id IN (SELECT agency_id FROM agency_operators));
--> statement-breakpoint
CREATE POLICY own_rows ON connections FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT id FROM tenants));
--> statement-breakpoint
CREATE POLICY own_rows ON sync_runs FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT id FROM tenants));
--> statement-breakpoint
CREATE POLICY own_rows ON sync_run_streams FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT id FROM tenants));
--> statement-breakpoint
CREATE POLICY own_rows ON stream_cursors FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT id FROM tenants));
--> statement-breakpoint
GRANT SELECT ON memberships, agency_operators, agencies, tenants, connections, sync_runs, sync_run_streams, stream_cursors
  TO tidemark_person;
--> statement-breakpoint
-- An operator inside one tenant: its sync, which they may ask for, and a line in its audit log.
DO $$
DECLARE watched text;
BEGIN
  FOREACH watched IN ARRAY ARRAY['tenants', 'connections', 'sync_runs', 'sync_run_streams', 'stream_cursors', 'quarantine', 'raw_snapshots', 'audit_log'] LOOP
    EXECUTE format(
      'CREATE POLICY watcher_rows ON %1$I TO tidemark_watcher
         USING (%2$I = (SELECT app.tenant_id())) WITH CHECK (%2$I = (SELECT app.tenant_id()))',
      watched, CASE watched WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT ON tenants, connections, sync_runs, sync_run_streams, stream_cursors, workers TO tidemark_watcher;
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, run_id, stream, created_at, resolved_at) ON quarantine TO tidemark_watcher;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, connection_id, run_id, stream, seq, request, status, received_at, sha256, byte_length, records)
  ON raw_snapshots TO tidemark_watcher;
--> statement-breakpoint
GRANT INSERT ON sync_runs, audit_log TO tidemark_watcher;
--> statement-breakpoint
GRANT UPDATE (rerun_wanted) ON connections TO tidemark_watcher;
--> statement-breakpoint
-- People: the sign-in library keeps them; a tenant sees the names of its own members and of its agency's staff.
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE auth.events ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.users, auth.sessions, auth.accounts, auth.verifications, auth.two_factors, auth.spent_codes,
  auth.rate_limits TO tidemark_auth;
--> statement-breakpoint
GRANT SELECT, INSERT ON auth.events TO tidemark_auth;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON agencies, agency_operators TO tidemark_auth;
--> statement-breakpoint
CREATE POLICY all_rows ON auth.users TO tidemark_auth USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY all_rows ON auth.events TO tidemark_auth USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY all_rows ON agencies TO tidemark_auth USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY all_rows ON agency_operators TO tidemark_auth USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY of_tenant ON agencies FOR SELECT TO tidemark_web USING (id IN (SELECT agency_id FROM tenants));
--> statement-breakpoint
CREATE POLICY of_tenant ON agency_operators FOR SELECT TO tidemark_web USING (agency_id IN (SELECT agency_id FROM tenants));
--> statement-breakpoint
CREATE POLICY of_tenant ON auth.users FOR SELECT TO tidemark_web
  USING (id IN (SELECT user_id FROM memberships) OR id IN (SELECT user_id FROM agency_operators WHERE ended_at IS NULL));
--> statement-breakpoint
-- What a member did with their sign-in while they were one.
CREATE POLICY of_tenant ON auth.events FOR SELECT TO tidemark_web
  USING (EXISTS (SELECT FROM memberships m WHERE m.user_id = events.user_id AND at >= m.added_at AND at <= coalesce(m.ended_at, 'infinity')));
--> statement-breakpoint
GRANT SELECT ON agencies, agency_operators TO tidemark_web;
--> statement-breakpoint
-- Not the detail: it may name a workspace of somebody else's that a member tried to open.
GRANT SELECT (id, at, user_id, deed, address, request_id) ON auth.events TO tidemark_web;
--> statement-breakpoint
GRANT SELECT (id, name, email, two_factor_enabled) ON auth.users TO tidemark_web;
--> statement-breakpoint
ALTER TABLE agencies FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE agency_operators FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE auth.users FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE auth.events FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Lost in a crash, and nothing is lost by it.
ALTER TABLE auth.rate_limits SET UNLOGGED;
--> statement-breakpoint
-- Three more questions that no single tenant can answer; each is answered with ids alone.
CREATE FUNCTION app.tenant_of_api_key(key_hash bytea) RETURNS TABLE (tenant_id uuid, api_key_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.tenant_id, k.id FROM api_keys k WHERE k.hash = key_hash
$$;
--> statement-breakpoint
CREATE FUNCTION app.tenant_of_invitation(link_hash bytea) RETURNS TABLE (tenant_id uuid, invitation_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.tenant_id, i.id FROM invitations i WHERE i.token_hash = link_hash
$$;
--> statement-breakpoint
CREATE FUNCTION app.open_connection_tests(most int) RETURNS TABLE (tenant_id uuid, connection_id uuid, test_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.tenant_id, t.connection_id, t.id FROM connection_tests t WHERE t.finished_at IS NULL ORDER BY t.asked_at LIMIT most
$$;
--> statement-breakpoint
CREATE POLICY definer_reads ON api_keys FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
CREATE POLICY definer_reads ON invitations FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
CREATE POLICY definer_reads ON connection_tests FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
CREATE POLICY definer_reads ON agencies FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
GRANT SELECT (tenant_id, id, hash) ON api_keys TO tidemark_definer;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, token_hash) ON invitations TO tidemark_definer;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, connection_id, asked_at, finished_at) ON connection_tests TO tidemark_definer;
--> statement-breakpoint
GRANT SELECT (id, created_at) ON agencies TO tidemark_definer;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.first_agency() OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.tenant_of_api_key(bytea) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.tenant_of_invitation(bytea) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.open_connection_tests(int) OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.first_agency(), app.tenant_of_api_key(bytea), app.tenant_of_invitation(bytea), app.open_connection_tests(int)
  FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.tenant_of_api_key(bytea), app.tenant_of_invitation(bytea), app.first_agency() TO tidemark_web;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.open_connection_tests(int) TO tidemark_worker;
