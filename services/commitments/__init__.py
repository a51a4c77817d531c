"""The commitments service: who takes part, what may be measured, and what suppliers owe under which contract.

It owns organisations, the catalogue of measures, contracts with their obligations and variations, and what notices propose.
It hosts the administration of people and API keys, which live in the identity database.
It tells (topic ``commitments``) each organisation, catalogue and contract as a whole, whenever one changed. It listens to nobody.

What people type (method statements, reasons) stays here and is in no event.
"""
