"""The rows of django-axes are small and few, however many names somebody tries."""

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

# Of each kind the newest are kept, and looked after once in so many: nightly jobs forget by age.
MOST, STEP = 50_000, 500


@receiver(pre_save, sender=AccessAttempt)
def keep_no_request(instance: AccessAttempt, **_: Any) -> None:
    """Keep nothing of the address and the form: the name and the network are columns already."""
    instance.get_data = instance.post_data = ""


@receiver(post_save, sender=AccessAttempt)
@receiver(post_save, sender=AccessFailureLog)
def forget_oldest(sender: type[Model], instance: Model, created: bool, **_: Any) -> None:
    if created and instance.pk % STEP == 0:
        rows = sender._default_manager.order_by("-pk").values_list("pk", flat=True)
        if surplus := rows[MOST : MOST + 1].first():
            sender._default_manager.filter(pk__lte=surplus).delete()
