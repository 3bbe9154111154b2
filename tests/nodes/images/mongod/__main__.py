"""Start a member, and end it in order when it is told to."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress

from tests.nodes.images.mongod import elections, heartbeats
from tests.nodes.images.mongod.member import Member
from tests.nodes.images.mongod.options import UnfitKeyfile, options_from
from tests.nodes.images.mongod.peer import Peer
from tests.nodes.images.mongod.service import Service
from tests.nodes.images.mongod.storage import FATAL, Disk, InUse
from tests.rig.mongo.errors import Refused

_HAND_OVER_SECONDS = 5.0
_HEIR_SECONDS = 3.0
#: A member that has not ended by then tells what it waits for, and ends.
_END_SECONDS = 20.0
#: Waited for, with every thread closed to them: one that came to another thread than the first would be noticed by nobody.
_SIGNALS = {signal.SIGTERM, signal.SIGINT}
# mongod's own exit codes.
_DIRECTORY_IN_USE, _BAD_OPTIONS = 100, 2


def _vital(run: Callable[[], None]) -> None:
    """A member that is half alive is worse than one that is gone."""
    try:
        run()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(FATAL)


def _end(member: Member) -> None:
    with member.changed:
        if member.leads and len(member.voters) > 1:
            with suppress(Refused):
                elections.hand_over(member, _HAND_OVER_SECONDS)
                # The heir may need this member's vote.
                member.changed.wait_for(lambda: member.primary, _HEIR_SECONDS)
        member.running = False
        member.changed.notify_all()


def main() -> int:
    """Run until a signal ends it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    os.umask(0o077)
    try:
        options = options_from(sys.argv[1:])
        disk = Disk(options.folder)
    except UnfitKeyfile as error:
        print(f"mongod: {error}", file=sys.stderr)
        return _BAD_OPTIONS
    except InUse as error:
        print(f"mongod: {error}", file=sys.stderr)
        return _DIRECTORY_IN_USE
    except OSError as error:
        print(f"mongod: {error.filename}: {error.strerror}", file=sys.stderr)
        return _DIRECTORY_IN_USE
    member = Member(name=options.replica_set, port=options.port, keys=options.keys, disk=disk)

    def follow(peer: Peer) -> None:
        _vital(lambda: heartbeats.follow(member, peer))

    member.follow, member.hand_over = follow, lambda: elections.hand_over(member)
    service = Service(member)
    service.listen(options.address)
    threading.Thread(target=_vital, args=(lambda: elections.watch(member),), daemon=True).start()
    print(f"mongod: listens on port {options.port}", flush=True)
    signal.sigwait(_SIGNALS)
    faulthandler.dump_traceback_later(_END_SECONDS, exit=True)
    _end(member)
    service.hang_up()
    return 0


code = main()
sys.stdout.flush()
# Threads that wait for another member, or for a name server, are not waited for.
os._exit(code)
