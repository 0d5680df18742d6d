import arrowDown from 'lucide-static/icons/arrow-down.svg?raw'
import arrowRight from 'lucide-static/icons/arrow-right.svg?raw'
import arrowUp from 'lucide-static/icons/arrow-up.svg?raw'
import building from 'lucide-static/icons/building-2.svg?raw'
import calendar from 'lucide-static/icons/calendar-days.svg?raw'
import check from 'lucide-static/icons/check.svg?raw'
import circleCheck from 'lucide-static/icons/circle-check.svg?raw'
import circleDashed from 'lucide-static/icons/circle-dashed.svg?raw'
import close from 'lucide-static/icons/x.svg?raw'
import download from 'lucide-static/icons/download.svg?raw'
import flame from 'lucide-static/icons/flame.svg?raw'
import history from 'lucide-static/icons/history.svg?raw'
import inbox from 'lucide-static/icons/inbox.svg?raw'
import kanban from 'lucide-static/icons/square-kanban.svg?raw'
import dashboard from 'lucide-static/icons/layout-dashboard.svg?raw'
import mail from 'lucide-static/icons/mail.svg?raw'
import menu from 'lucide-static/icons/menu.svg?raw'
import message from 'lucide-static/icons/message-square.svg?raw'
import minus from 'lucide-static/icons/minus.svg?raw'
import monitor from 'lucide-static/icons/monitor.svg?raw'
import moon from 'lucide-static/icons/moon.svg?raw'
import note from 'lucide-static/icons/notebook-pen.svg?raw'
import phone from 'lucide-static/icons/phone.svg?raw'
import plug from 'lucide-static/icons/plug.svg?raw'
import plus from 'lucide-static/icons/plus.svg?raw'
import refresh from 'lucide-static/icons/refresh-cw.svg?raw'
import rotate from 'lucide-static/icons/rotate-ccw.svg?raw'
import search from 'lucide-static/icons/search.svg?raw'
import settings from 'lucide-static/icons/settings.svg?raw'
import sun from 'lucide-static/icons/sun.svg?raw'
import switcher from 'lucide-static/icons/chevrons-up-down.svg?raw'
import triangle from 'lucide-static/icons/triangle-alert.svg?raw'
import video from 'lucide-static/icons/video.svg?raw'

const files = {
  'arrow-down': arrowDown,
  'arrow-right': arrowRight,
  'arrow-up': arrowUp,
  building,
  calendar,
  check,
  'circle-check': circleCheck,
  'circle-dashed': circleDashed,
  close,
  dashboard,
  download,
  flame,
  history,
  inbox,
  kanban,
  mail,
  menu,
  message,
  minus,
  monitor,
  moon,
  note,
  phone,
  plug,
  plus,
  refresh,
  rotate,
  search,
  settings,
  sun,
  switcher,
  triangle,
  video,
}

export type IconName = keyof typeof files

/** What is drawn inside the 24 by 24 grid, by name: only the strokes reach the page. Lucide, ISC (THIRD_PARTY_NOTICES). */
export const strokes = Object.fromEntries(
  Object.entries(files).map(([name, svg]) => [name, svg.replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$|\n\s*/g, '')]),
) as Record<IconName, string>
