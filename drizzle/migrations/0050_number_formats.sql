ALTER TABLE "tenants" ADD COLUMN "number_format" text DEFAULT '1,234.56' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_number_format" CHECK ("tenants"."number_format" in ('1,234.56', '1.234,56', '1 234,56', '1’234.56'));--> statement-breakpoint
-- An admin chooses it on a page.
GRANT UPDATE (number_format) ON tenants TO tidemark_web;
