"""Case to answer: business time, the estimate, the draft, the guard, the templates."""
