import { startSimulator } from '../simulator/main.ts'
import { accessToken, crmOf, webKey } from './crms.ts'

// The CRM of the benchmark, in a process of its own so that its work is not counted as the worker's.
const [people = '50000', name = 'clienttether'] = process.argv.slice(2)
const crm = crmOf(name)
const simulator = await startSimulator({
  clock: 'manual',
  accounts: [
    {
      ...crm.account,
      webKey,
      accessToken,
      seed: 7,
      people: Number(people),
      deals: Number(people),
      changesPerDay: 0,
      notesPerPerson: 0,
    },
  ],
})
const account = simulator.account(webKey)

process.on('message', ({ editEvery }: { editEvery: number }) => {
  const { people, deals } = account.truth()
  const phone = `555-01${String(editEvery).padStart(2, '0')}`
  for (let at = 0; at < people.length; at += editEvery) account.editPerson(Number(people[at]?.id), { phone })
  for (let at = 0; at < deals.length; at += editEvery) account.editDeal(Number(deals[at]?.id), { units: 7 })
  process.send?.({ edited: true })
})
process.on('disconnect', () => void simulator.close())
process.send?.({ baseUrl: crm.baseUrl(simulator) })
