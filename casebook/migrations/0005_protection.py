import django.db.models.deletion
from django.db import migrations, models

import casebook.clock

_CHANNELS = [("email", "email")]
_ID = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [("casebook", "0004_learning")]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", _ID.clone()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("threat", "threat"),
                            ("harassment", "harassment"),
                            ("unreasonable", "unreasonable"),
                            ("crisis", "crisis"),
                            ("urgent", "urgent"),
                            ("normal", "normal"),
                            ("incident", "incident"),
                        ],
                        max_length=16,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=casebook.clock.now)),
                ("addressed_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="casebook.case",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="casebook.message",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["addressed_at", "id"], name="casebook_al_addressed_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "reason"), name="alert_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertDelivery",
            fields=[
                ("id", _ID.clone()),
                ("target", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("sending", "sending"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                            ("needs_check", "needs_check"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("error", models.TextField(default="")),
                ("moved_at", models.DateTimeField(default=casebook.clock.now)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="casebook.alert",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "not_before"], name="casebook_ad_state_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["pending", "sending", "sent", "failed", "needs_check"])
                        ),
                        name="alertdelivery_state_known",
                    ),
                    models.UniqueConstraint(
                        fields=("alert", "target"), name="alert_delivery_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HarassmentEntry",
            fields=[
                ("id", _ID.clone()),
                ("channel", models.CharField(choices=_CHANNELS, max_length=16)),
                ("author", models.CharField(max_length=320)),
                ("at", models.DateTimeField()),
                (
                    "conduct",
                    models.CharField(
                        choices=[
                            ("ordinary", "ordinary"),
                            ("unreasonable", "unreasonable"),
                            ("harassment", "harassment"),
                            ("threat", "threat"),
                        ],
                        max_length=16,
                    ),
                ),
                ("types", models.JSONField(default=list)),
                ("evidence", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[("standing", "standing"), ("withdrawn", "withdrawn")],
                        default="standing",
                        max_length=16,
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="harassment_entry",
                        to="casebook.message",
                    ),
                ),
            ],
            options={
                "ordering": ("at", "id"),
                "indexes": [
                    models.Index(
                        fields=["channel", "author", "at"], name="casebook_he_author_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["standing", "withdrawn"])),
                        name="harassmententry_state_known",
                    )
                ],
            },
        ),
    ]
