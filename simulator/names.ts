/** First names of invented people, a mix as found in the United States. */
export const firstNames = words(`
  Aaliyah Aaron Abigail Adrian Aisha Alan Alejandra Alicia Amara Amit Andre Angela Anita Anthony Arjun
  Ashley Barbara Beatriz Benjamin Bianca Brandon Brenda Brian Caleb Camila Carlos Carmen Caroline
  Cedric Charlotte Cheryl Christopher Claire Colin Cynthia Damian Daniel Darnell David Deborah Denise
  Derek Diana Dominic Donna Edward Elena Elijah Emily Eric Esther Evan Fatima Felix Frances Gabriel
  Gloria Grace Gregory Hannah Harold Heather Hector Imani Irene Isaac Isabella Jacob Jamal James
  Janelle Jasmine Jennifer Jerome Joanna Jonathan Jorge Joseph Joyce Julian Karen Kayla Keith Kenji
  Kimberly Kwame Larry Latoya Laura Leah Leonard Lillian Linda Louis Lucia Luis Malik Marcus Margaret
  Maria Martin Maya Mei Melissa Miguel Mohammed Monica Naomi Natalie Nathan Neha Nicole Noah Olivia
  Omar Oscar Pamela Patricia Paul Peter Priya Rachel Ramon Rebecca Renee Ricardo Robert Rosa Russell
  Samantha Samuel Sandra Sanjay Sean Sharon Simone Sofia Stephanie Steven Susan Tamara Teresa Theodore
  Thomas Tiffany Trevor Tyrone Valerie Vanessa Victor Vincent Virginia Walter Wendy William Xavier
  Yolanda Zachary
`)

/** Last names of invented people, a few with an apostrophe, a hyphen or an accent. */
export const lastNames = words(`
  Abbott Acosta Adeyemi Aguilar Alvarez Anderson Bailey Banerjee Barnes Becker Bennett Bianchi Bishop
  Boateng Boyd Brooks Bryant Burke Byrne Caldwell Campbell Carlson Castillo Chandler Chen Christensen
  Clarke Coleman Contreras Cooper Cortez Crawford Cruz Dalton Davenport Delgado Desai Diaz Dixon
  Donovan Dougherty Duarte Duncan Eriksen Espinoza Fernandez Fischer Fitzgerald Fleming Foster
  Franklin Fuentes Gallagher Garcia Gibson Gill Goldberg Gomez Graham Grant Greene Gupta Guzman
  Hamilton Hansen Harper Hayes Henderson Hernandez Hoffman Holloway Howard Huang Hughes Ibrahim Iyer
  Jackson Jennings Jensen Jimenez Johansson Kapoor Keller Kennedy Kim Kowalski Lambert Larsen Lawson
  Le Lee Lindgren Lopez Lowe Mackenzie Maldonado Marshall Martinez McCarthy McDonald Mehta Mendoza
  Meyer Miller Mitchell Montgomery Morales Morgan Murphy Nakamura Navarro Nelson Nguyen Novak O'Brien
  O'Connor Okafor Olsen Ortega Owens Palmer Park Patel Patterson Pena Pereira Perry Petrov Pham Porter
  Powell Quinn Ramirez Reid Reynolds Rios Rivera Robinson Romano Rosenberg Ruiz Russo Salazar Santos
  Schmidt Schwartz Shah Sharma Silva Simmons Singh Smith-Rowe Sørensen Spencer Stewart Sullivan Suzuki
  Tanaka Thornton Torres Tran Turner Underwood Valdez Vargas Vaughn Wagner Walsh Washington Weaver
  Webb Weiss Whitaker Williams Wong Wright Yang Yilmaz Young Zamora Zhang Zúñiga
`)

/** What people who look for a franchise call the company they already run. */
export const companyForms = [
  'Holdings',
  'Ventures',
  'Group',
  'Partners',
  'Enterprises',
  'Capital',
  'Family LLC',
] as const

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
