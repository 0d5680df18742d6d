ALTER TABLE "auth"."sessions" ADD COLUMN "renewed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "renewal_due" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD COLUMN "renewed_into" uuid;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_renewed_into_sessions_id_fk" FOREIGN KEY ("renewed_into") REFERENCES "auth"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_renewed_into" ON "auth"."sessions" USING btree ("renewed_into");--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "auth"."sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "verifications_expiry" ON "auth"."verifications" USING btree ("expires_at");