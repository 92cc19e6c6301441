from django.db import migrations, models

import casebook.clock


class Migration(migrations.Migration):
    dependencies = [("casebook", "0002_relations")]

    operations = [
        migrations.CreateModel(
            name="Space",
            fields=[
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("meaning", "meaning"),
                            ("words", "words"),
                            ("history", "history"),
                        ],
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("space", models.CharField(max_length=255)),
                ("model", models.CharField(default="", max_length=255)),
                ("data", models.BinaryField(default=bytes)),
                ("made_at", models.DateTimeField(default=casebook.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name="case",
            name="product",
            field=models.CharField(default="", max_length=255),
        ),
        migrations.AddField(
            model_name="case",
            name="cause",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.RemoveConstraint(model_name="embedding", name="embedding_once"),
        migrations.RenameField(model_name="embedding", old_name="model", new_name="space"),
        migrations.AddConstraint(
            model_name="embedding",
            constraint=models.UniqueConstraint(fields=("message", "space"), name="embedding_once"),
        ),
        migrations.AddIndex(
            model_name="embedding",
            index=models.Index(
                fields=["space", "revision"], name="casebook_em_space_idx"
            ),
        ),
    ]
