-- Who may do what, and the question "whose rows?" that every policy asks.
-- Roles belong to the whole cluster, so each may already be there; none can sign in, none owns a table, none bypasses policies.
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tidemark_worker', 'tidemark_web', 'tidemark_operator', 'tidemark_definer', 'tidemark_queue'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- The login that migrates may take on each role; a production login is granted only the ones its program needs.
    EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
  END LOOP;
END $$;
--> statement-breakpoint
CREATE SCHEMA app;
--> statement-breakpoint
GRANT USAGE ON SCHEMA app TO tidemark_worker, tidemark_web, tidemark_operator, tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO tidemark_worker, tidemark_web, tidemark_operator, tidemark_definer;
--> statement-breakpoint
-- The tenant of this transaction. Raises when none is set: never no rows, never all rows.
-- After a transaction-local setting has ended its value is '', not null.
CREATE FUNCTION app.tenant_id() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE tenant text := current_setting('app.tenant_id', true);
BEGIN
  IF tenant IS NULL OR tenant = '' THEN
    RAISE EXCEPTION 'no tenant is set for this transaction' USING ERRCODE = '42501';
  END IF;
  RETURN tenant::uuid;
END $$;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.tenant_id() TO PUBLIC;
--> statement-breakpoint
-- Closes a tenant table: policies apply even to its owner, and worker and web see the rows of their transaction's tenant.
CREATE FUNCTION app.protect(tenant_table regclass, tenant_column name DEFAULT 'tenant_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
  EXECUTE format(
    'CREATE POLICY tenant_rows ON %s TO tidemark_worker, tidemark_web
       USING (%2$I = (SELECT app.tenant_id())) WITH CHECK (%2$I = (SELECT app.tenant_id()))',
    tenant_table, tenant_column);
END $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.protect(regclass, name) FROM PUBLIC;
--> statement-breakpoint
-- UUID version 7 (RFC 9562): the time in milliseconds first, so that ids sort by age. Postgres has its own only from 18 on.
CREATE FUNCTION app.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.uuid_v7() TO PUBLIC;
