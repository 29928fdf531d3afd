"""Known bugs: mistakes that pipelines of this kind were seen to make, and mistakes found here. Each
is a changed behaviour at AWS, at a port or of a public function (`simulation.bugs`)."""

from simulation.known_bugs.answering import ANSWERING
from simulation.known_bugs.cases import CASES, GROUPS
from simulation.known_bugs.copying import COPYING
from simulation.known_bugs.counting import COUNTING
from simulation.known_bugs.handing_on import HANDING_ON
from simulation.known_bugs.public_log import PUBLIC_LOG
from simulation.known_bugs.publishing import PUBLISHING
from simulation.known_bugs.reading import READING

KNOWN_BUGS = [*COUNTING, *READING, *ANSWERING, *HANDING_ON, *PUBLISHING, *PUBLIC_LOG]
BUGS_OF_CASES = CASES
BUGS_OF_GROUPS = GROUPS
BUGS_OF_COPIES = COPYING
