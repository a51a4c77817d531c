"""Public notices (OCDS 1.1 releases) into proposed contracts. Pure: no database, no clock, no network."""

from services.commitments.notices.models import Proposal, ProposedContract, ProposedObligation, ProposedParty, Together
from services.commitments.notices.proposing import Process, Proposed, propose, propose_from
from services.commitments.notices.reading import Found, NoticeFile, Reading, read
from services.commitments.notices.release import Release

__all__ = [
    "Found",
    "NoticeFile",
    "Process",
    "Proposal",
    "Proposed",
    "ProposedContract",
    "ProposedObligation",
    "ProposedParty",
    "Reading",
    "Release",
    "Together",
    "propose",
    "propose_from",
    "read",
]
