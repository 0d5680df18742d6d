/**
 * What a franchise brand sells and for how much. Fees are the usual range of initial franchise fees of each trade in
 * US dollars; brands and people are invented.
 */
export const businesses = {
  'home-care': {
    brand: 'Willow & Hearth Home Care',
    unit: 'territory',
    fees: [49_900, 54_500, 57_500],
    asks: [
      'caregiver recruiting',
      'state licensing',
      'the Medicaid waiver mix',
      'the territory census of seniors',
    ],
    backgrounds: [
      'hospice administrator',
      'retired nurse',
      'physical therapist',
      'regional operations director',
    ],
  },
  coffee: {
    brand: 'Copper Kettle Coffee',
    unit: 'drive-through',
    fees: [30_000, 35_000, 39_500],
    asks: ['the build-out budget', 'drive-through sites', 'bean supply pricing', 'average unit volume'],
    backgrounds: [
      'restaurant manager',
      'commercial real estate broker',
      'owner of two gas stations',
      'former barista trainer',
    ],
  },
  painting: {
    brand: 'Bright Ladder Painting',
    unit: 'territory',
    fees: [44_900, 49_500, 59_900],
    asks: [
      'crew sourcing',
      'the seasonality of exterior work',
      'marketing spend per lead',
      'the estimating software',
    ],
    backgrounds: [
      'construction project manager',
      'home inspector',
      'sales director at a window company',
      'veteran of the Army engineers',
    ],
  },
} as const

/** Name of a kind of franchise. */
export type BusinessName = keyof typeof businesses

/** One entry of `businesses`. */
export type Business = (typeof businesses)[BusinessName]
