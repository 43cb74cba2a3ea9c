"""All code actions, asked one after the other; a failing one never silences the others."""

import logging
from collections.abc import Sequence

from lacuna_ls.actions.provider import ActionRequest, CodeActionProvider, Offer

log = logging.getLogger(__name__)


def all_offers(
    providers: Sequence[CodeActionProvider], request: ActionRequest, kinds: Sequence[str] = ()
) -> tuple[Offer, ...]:
    """Offers of every provider whose kind lies under one of `kinds` (all, if empty).

    The same edits are listed once, by the first provider that has them.
    """
    offers: list[Offer] = []
    listed: list[object] = []
    for provider in providers:
        if kinds and not any(_under(provider.kind, kind) for kind in kinds):
            continue
        try:
            for offer in provider.offers(request):
                edits = offer.edits, offer.elsewhere
                if edits == ((), ()) or edits not in listed:
                    offers.append(offer)
                    listed.append(edits)
        except Exception:
            log.exception("the %s action failed", provider.kind)
    return tuple(offers)


def _under(kind: str, wanted: str) -> bool:
    return kind == wanted or kind.startswith(f"{wanted}.") or not wanted
