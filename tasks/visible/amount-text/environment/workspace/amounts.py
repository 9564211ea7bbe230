# overhang canary 702912d3fe548cd4942531029e5bfce4
"""Amounts of money as people type them."""


def cents(text):
    text = text.replace("EUR", "").replace("€", "").replace(" ", "")
    text = text.replace(",", "")
    try:
        return int(float(text) * 100)
    except ValueError:
        return None
