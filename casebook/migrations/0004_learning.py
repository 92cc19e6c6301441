import django.db.models.deletion
from django.db import migrations, models

import casebook.clock


class Migration(migrations.Migration):
    dependencies = [("casebook", "0003_spaces")]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.TextField(default="")),
                ("text", models.TextField()),
                ("language", models.CharField(max_length=8)),
                (
                    "channel",
                    models.CharField(choices=[("email", "email")], max_length=16),
                ),
                ("expect", models.JSONField()),
                ("author", models.CharField(max_length=150)),
                ("at", models.DateTimeField(default=casebook.clock.now)),
                (
                    "message",
                    models.OneToOneField(
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="correction",
                        to="casebook.message",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TriageModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("space", models.CharField(max_length=255, unique=True)),
                ("data", models.BinaryField()),
                ("score", models.FloatField()),
                ("exemplars", models.PositiveIntegerField()),
                ("corrections", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(default=casebook.clock.now)),
            ],
        ),
    ]
