
import casebook.clock
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casebook', '0008_sending'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(max_length=12)),
                ('role', models.CharField(max_length=16)),
                ('scopes', models.JSONField(default=list)),
                ('author', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(default=casebook.clock.now)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Profile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('login', models.CharField(max_length=150, unique=True)),
                ('language', models.CharField(default='', max_length=8)),
                ('scheme', models.CharField(default='', max_length=8)),
                ('keys', models.CharField(default='', max_length=8)),
                ('subject', models.CharField(default='', max_length=255)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('subject', ''), _negated=True), fields=('subject',), name='profile_subject_once')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.TextField()),
                ('secret', models.CharField(max_length=128)),
                ('events', models.JSONField(default=list)),
                ('active', models.BooleanField(default=True)),
                ('author', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(default=casebook.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='merged_into',
            field=models.ForeignKey(default=None, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='casebook.case'),
        ),
        migrations.AddField(
            model_name='case',
            name='brought',
            field=models.JSONField(default=dict),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), ('state', 'closed'), _connector='OR'), name='case_merged_is_closed'),
        ),
        migrations.AddField(
            model_name='message',
            name='receipt',
            field=models.CharField(max_length=16, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='draft',
            name='asked_lead',
            field=models.CharField(default='', max_length=150),
        ),
        migrations.AddField(
            model_name='draft',
            name='edit_distance',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='draft',
            name='first_approver',
            field=models.CharField(default='', max_length=150),
        ),
        migrations.AddField(
            model_name='draft',
            name='snoozed_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='triage',
            name='gravest',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='draftversion',
            name='private_body',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='draftversion',
            name='reason',
            field=models.TextField(default=''),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['opened_at'], name='casebook_ca_opened_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['display_name'], name='casebook_ca_name_idx'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(fields=['decided_at'], name='casebook_dr_decided_idx'),
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('author', models.CharField(max_length=150)),
                ('body', models.TextField()),
                ('mentions', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=casebook.clock.now)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='casebook.case')),
            ],
            options={
                'ordering': ('at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=150)),
                ('name', models.CharField(max_length=100)),
                ('query', models.TextField(default='')),
                ('filters', models.JSONField(default=dict)),
                ('shared', models.BooleanField(default=False)),
                ('at', models.DateTimeField(default=casebook.clock.now)),
            ],
            options={
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='saved_search_once')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=150)),
                ('since', models.DateTimeField(default=casebook.clock.now)),
                ('until', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='casebook.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'who'), name='reading_once')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=64)),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('sending', 'sending'), ('sent', 'sent'), ('failed', 'failed'), ('needs_check', 'needs_check')], default='pending', max_length=16)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.TextField(default='')),
                ('created_at', models.DateTimeField(default=casebook.clock.now)),
                ('moved_at', models.DateTimeField(default=casebook.clock.now)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='casebook.webhook')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'not_before'], name='casebook_wd_state_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sending', 'sent', 'failed', 'needs_check'])), name='webhookdelivery_state_known')],
            },
        ),
        migrations.AddIndex(
            model_name='promise',
            index=models.Index(fields=['case', 'state', 'due'], name='casebook_pr_case_id_c249cf_idx'),
        ),
    ]
