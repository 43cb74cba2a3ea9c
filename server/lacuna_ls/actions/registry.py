"""All code actions, asked one after the other; a failing one never silences the others."""

import logging
from collections.abc import Sequence

from lacuna_ls.actions.provider import ActionRequest, CodeActionProvider, Offer
from lacuna_ls.domain.text import TextEdit

log = logging.getLogger(__name__)


def all_offers(
    providers: Sequence[CodeActionProvider], request: ActionRequest, kinds: Sequence[str] = ()
) -> tuple[Offer, ...]:
    """Offers of every provider whose kind lies under one of `kinds` (all, if empty).

    An extraction that two providers have is listed once, by the first of them.
    """
    offers: list[Offer] = []
    extracted: list[tuple[TextEdit, ...]] = []
    for provider in providers:
        if kinds and not any(_under(provider.kind, kind) for kind in kinds):
            continue
        try:
            for offer in provider.offers(request):
                if offer.rename_at is None or offer.edits not in extracted:
                    offers.append(offer)
                if offer.rename_at is not None:
                    extracted.append(offer.edits)
        except Exception:
            log.exception("the %s action failed", provider.kind)
    return tuple(offers)


def _under(kind: str, wanted: str) -> bool:
    return kind == wanted or kind.startswith(f"{wanted}.") or not wanted
