import type { APIRoute } from 'astro'
import { json } from '../server/answers.ts'

/** The process is up. Says nothing about the database: see `/readyz`. */
export const GET: APIRoute = () => json({ status: 'ok' })
