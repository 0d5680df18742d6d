/** How the driver's text becomes a value, for expressions that are no plain column. */
type Decoder<T> = { mapFromDriverValue: (value: string) => T }

export const instantOrNull: Decoder<Date | null> = { mapFromDriverValue: (value) => new Date(value) }
export const instant: Decoder<Date> = { mapFromDriverValue: (value) => new Date(value) }
export const wholeNumber: Decoder<number> = { mapFromDriverValue: Number }
export const wholeNumberOrNull: Decoder<number | null> = { mapFromDriverValue: Number }
export const minorUnits: Decoder<bigint> = { mapFromDriverValue: BigInt }
