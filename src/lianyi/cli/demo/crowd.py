"""As many invented residents as a demo is asked for (模拟居民): the same ones every time.

Names and numbers are invented and valid in form only. They move in as the register of a whole city
does, thousands at a time.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from stdnum.cn import ric

from lianyi import main
from lianyi.journeys import card
from lianyi.kernel import measured
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock, NotADemo
from lianyi.kernel.live import Hub
from lianyi.kernel.work import Tx, reading, within
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.model import Kind
from lianyi.people.service import Holder

SEEDER = system("seed", NOWHERE)
AT_ONCE = 5_000  # residents a transaction
COUNTIES = tuple(f"3701{n:02d}" for n in range(2, 18))
ELDEST, DAYS, ORDERS = date(1934, 1, 1), 33_000, 900
MOST = DAYS * ORDERS * len(COUNTIES)
STRIDE = 7919  # days between the births of neighbours: all ages, whoever comes first
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红玲辉建国志文晓海燕春梅"


def holder(n: int) -> Holder:
    """Return the resident of a number below `MOST`; no two have the same document or phone."""
    turn, birthday = divmod(n, DAYS)
    county, order = divmod(turn, ORDERS)
    born = ELDEST + timedelta(days=birthday * STRIDE % DAYS)
    body = f"{COUNTIES[county]}{born:%Y%m%d}{100 + order:03d}"
    number = body + ric.calc_check_digit(body + "0")
    return Holder(people.resident_identity(name=_name(n), number=number), f"198{n:08d}")


async def grow(config: Config, residents: int, tell: Callable[[int], None]) -> None:
    """Bring in residents up to this number; whoever is there already stays as they are.

    :raises NotADemo: where real people may live.
    """
    async with main.running(config, Hub()) as app:
        if not (isinstance(app.clock, Clock) and app.clock.is_demo):
            raise NotADemo
        register = system("seed", await reading(app, SEEDER, _hospital))
        for begin in range(0, residents, AT_ONCE):
            holders = [holder(n) for n in range(begin, min(begin + AT_ONCE, residents))]
            await within(app, register, partial(card.move_in, holders=holders))
            tell(len(holders))
        await measured.look_again(app)


async def _hospital(tx: Tx) -> UUID:
    first, *_ = await queries.institutions_of(tx, kinds=[Kind.TERTIARY_HOSPITAL])
    return first.id


def _name(n: int) -> str:
    first, second = divmod(n // len(FAMILY), len(GIVEN))
    return FAMILY[n % len(FAMILY)] + GIVEN[first % len(GIVEN)] + GIVEN[second]
