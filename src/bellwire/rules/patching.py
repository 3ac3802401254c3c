"""What does an object become by a JSON merge patch?"""

from typing import Final

from bellwire.errors import Fault, InvalidObject

PATCH_DEPTH_MAX: Final = 32


def merge_patch(document: object, patch: object) -> object:
    """Apply a merge patch (RFC 7396): null removes a member, objects are merged, anything else replaces.

    Beyond the RFC, an object that is given another "@type" is replaced whole, as no member of the variant before
    has a meaning in the new one. Neither argument is changed.

    Raises InvalidObject for a patch of more than PATCH_DEPTH_MAX levels.
    """
    return _merged(document, patch, PATCH_DEPTH_MAX)


def _merged(document: object, patch: object, levels_left: int) -> object:
    if not isinstance(patch, dict):
        return patch
    if levels_left == 0:
        raise InvalidObject((Fault("", f"the patch is nested more than {PATCH_DEPTH_MAX} levels deep; flatten it"),))
    merged = {} if not isinstance(document, dict) or _is_another_variant(document, patch) else dict(document)
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change, levels_left - 1)
    return merged


def _is_another_variant(document: dict[str, object], patch: dict[str, object]) -> bool:
    return "@type" in document and patch.get("@type", document["@type"]) != document["@type"]
