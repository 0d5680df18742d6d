/**
 * Loaded into a web process before anything else: whoever makes a date of now gets the moment of STOPPED_AT. `Date.now` goes on,
 * for by it the program measures how long something takes and how often somebody asks.
 */
const stoppedAt = Number(process.env['STOPPED_AT'])

globalThis.Date = new Proxy(Date, {
  construct: (date, given, target) =>
    Reflect.construct(date, given.length === 0 ? [stoppedAt] : given, target) as Date,
})
