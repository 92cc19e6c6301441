"""How forms look: every field with its label, its hint and its error, in one template."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Django's renderer with the desk's field."""

    field_template_name = "desk/parts/field.html"
