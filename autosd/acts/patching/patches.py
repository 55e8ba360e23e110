"""Taking a recorded patch back, byte for byte: whichever program wrote it, as long as nobody changed its files since."""

from __future__ import annotations

from autosd.acts.allowing.questions import Asker, project_key, question
from autosd.acts.projects import named
from autosd.acts.remembering import taken_back
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.patches import PatchRecord
from autosd.landing.revert import roll_back
from autosd.landing.write import records

ROLLED_BACK = "rolled back"
AGAIN = "."  # parts a change's id from the number of times that it was kept


def take_back(app: App, patch: PatchRecord, principal: Principal, *, grant: str = "") -> bool:
    """Whether its files are now as they were before it; false when nothing of it is written. Safe to repeat.

    Raises ``Refused``, and ``AUTOSD-ROLLBACK-CONFLICT`` when a file was changed after it: then none is touched.
    """
    project = named(app.projects, patch.project)
    found = [each for each in records(project.path) if each.change == (patch.change_id or "").partition(AGAIN)[0]]
    if not found:
        return False
    with app.guard.permit(question(app, Asker(principal, project.path, grant, "rollback_patch"), Action.ROLLBACK)) as permit:
        record = roll_back(permit, project_key(app, project.path), found[-1], f"patch-{patch.id}")
        app.guard.note(permit, change=record.change, observed={"patch": patch.id, "record": str(record.place)})
    change = app.store.change(record.change)
    if change is not None:
        taken_back(app, change, ROLLED_BACK)  # a loss after all, also for the lessons that it was made with
    return True


def patch_named(found: PatchRecord | None, id: int) -> PatchRecord:
    """Raises ``AUTOSD-PATCH-UNKNOWN``."""
    if found is None:
        raise AutosdError("AUTOSD-PATCH-UNKNOWN", f"There is no patch {id}.", "Look at `autosd history list`.")
    return found
