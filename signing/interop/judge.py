"""Prints what pyHanko says of signed files, one line for each signature, tab-separated:
"pyhanko FILE FIELD LEVEL INDICATION SUBINDICATION". Nothing is fetched: trust roots come
from a folder, evidence from the files.

The indication is that of ETSI EN 319 102-1: of 5.6.3 where a document timestamp follows the
signature, else of 5.5. The level follows from what pyHanko found good: a signature (B-B), a
timestamp on it (B-T), a DSS with which it passes (B-LT), a document timestamp over that DSS
which proves when the evidence existed (B-LTA).
"""

import asyncio
import logging
import os
import sys
from dataclasses import replace
from datetime import timedelta

from asn1crypto import ocsp, pem, x509
from asn1crypto.crl import CertificateList
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import DocumentSecurityStore, PdfSignatureStatus
from pyhanko.sign.validation.ades import (
    ades_lta_validation,
    ades_timestamp_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import (
    extract_tst_data_iter,
    message_imprint_checker,
)
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer


def roots(folder):
    """The self-signed certificates of a folder; the others there have to be proved."""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            _, _, der = pem.unarmor(f.read())
        certificate = x509.Certificate.load(der)
        if certificate.self_issued:
            yield certificate


def policy(folder):
    """Every certificate below a root needs a revocation answer; none is fetched."""
    certificates = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=list(roots(folder))),
        revinfo_policy=CertRevTrustPolicy(
            RevocationCheckingPolicy.from_legacy("require"),
            # Answers of the day the files were made: their own nextUpdate is minutes away.
            freshness=timedelta(days=1),
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
    return SignatureValidationSpec(
        cert_validation_policy=certificates,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"non_repudiation", "digital_signature"},
            match_all_key_usages=False,
        ),
    )


def evidence(reader):
    """What the DSS holds; nothing where there is none."""
    try:
        dss = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return LocalKnowledge()
    answers = [ocsp.OCSPResponse.load(o.get_object().data) for o in dss.ocsps]
    lists = [CertificateList.load(o.get_object().data) for o in dss.crls]
    return LocalKnowledge(
        known_ocsps=[c for a in answers for c in OCSPContainer.load_multi(a)],
        known_crls=[CRLContainer(crl_data=crl) for crl in lists],
        known_certs=list(dss.load_certs()),
    )


async def stamped(signature, spec):
    """Reports a sound timestamp over the signature value."""
    imprint = message_imprint_checker(signature.signer_info)
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        status = (await ades_timestamp_validation(token, spec, imprint)).api_status
        if status is not None and status.intact and status.valid:
            return True
    return False


def archived(signature):
    """Reports a document timestamp that covers a DSS and follows a signature."""
    reader = signature.reader
    return any(
        stamp.signed_revision > signature.signed_revision
        and "/DSS" in reader.get_historical_root(stamp.signed_revision)
        for stamp in reader.embedded_timestamp_signatures
    )


async def validate(signature, spec):
    """Validates with the evidence in the file."""
    if archived(signature):
        return await ades_lta_validation(
            signature, PdfSignatureValidationSpec(spec)
        )
    signature.compute_integrity_info()
    return await ades_with_time_validation(
        signature.signed_data,
        replace(spec, local_knowledge=evidence(signature.reader)),
        raw_digest=signature.compute_digest(),
        extra_status_kwargs=signature.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )


async def level(signature, result, spec):
    """The baseline level that pyHanko's findings amount to."""
    status = result.api_status
    if signature.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        return "none"
    if status is None or not (status.intact and status.valid):
        return "none"
    if not await stamped(signature, spec):
        return "PAdES-BASELINE-B"
    if result.ades_subindic != AdESPassed.OK:
        return "PAdES-BASELINE-T"
    if getattr(result, "oldest_evidence_record_timestamp", None) is None:
        return "PAdES-BASELINE-LT"
    return "PAdES-BASELINE-LTA"


async def judge(name, spec):
    """Prints a line for each signature of a file."""
    with open(name, "rb") as f:
        reader = PdfFileReader(f, strict=True)
        if reader.xrefs.hybrid_xrefs_present:
            # A strict reader refuses every hybrid file (ISO 32000-1, 7.5.8.4), signed or not.
            reader = PdfFileReader(f, strict=False)
        for signature in reader.embedded_regular_signatures:
            result = await validate(signature, spec)
            indication = "TOTAL_" + result.ades_subindic.status.name
            sub = result.ades_subindic.standard_name
            if result.ades_subindic == AdESPassed.OK:
                sub = ""
                if not result.api_status.bottom_line:
                    indication, sub = "TOTAL_FAILED", "changed later"
            say(name, signature.field_name, await level(signature, result, spec),
                indication.replace("TOTAL_INDETERMINATE", "INDETERMINATE"), sub)


def say(name, *columns):
    print("pyhanko", os.path.basename(name), *columns, sep="\t", flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: judge.py TRUST_FOLDER FILE...")
    logging.disable(logging.CRITICAL)
    spec = policy(sys.argv[1])
    for name in sys.argv[2:]:
        try:
            asyncio.run(judge(name, spec))
        except Exception as e:  # one bad file does not hide what is said of the others
            say(name, "", "none", "ERROR", f"{type(e).__name__}: {e}")


if __name__ == "__main__":
    main()
