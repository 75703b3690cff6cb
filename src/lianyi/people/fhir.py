"""Persons, staff, posts and places as FHIR R4 (Patient, Practitioner, Organization).

An identity number leaves here masked only: who must pass it on asks for the identity itself.
"""

from typing import Any
from uuid import UUID

from lianyi.people.model import (
    DOCTOR,
    NURSE,
    PHARMACIST,
    Department,
    Identity,
    Institution,
    Kind,
    Person,
    Post,
)

CREDIT_CODE = "urn:lianyi:unified-social-credit-code"
LICENCE = "urn:lianyi:medical-licence"
PRACTISING_LICENCE = "urn:lianyi:practising-licence"
MASKED = "urn:lianyi:masked-identity-number"
NUMBER = "urn:lianyi:identity-number"  # in the clear: only ever in what is asked
SUBJECT = "urn:lianyi:clinical-subject"
KIND = "urn:lianyi:institution-kind"
ORGANIZATION = "http://terminology.hl7.org/CodeSystem/organization-type"
ROLE = "http://terminology.hl7.org/CodeSystem/practitioner-role"
KNOWN_ROLES = frozenset({DOCTOR, NURSE, PHARMACIST})
TYPES = {
    Kind.INSURANCE_AGENCY: "ins",
    Kind.HEALTH_COMMISSION: "govt",
    Kind.DRUG_AUTHORITY: "govt",
    Kind.PLATFORM: "other",
}


def patient(person: Person) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(person.id),
        "identifier": [{"system": MASKED, "value": person.masked_number}],
        "active": person.died_on is None and person.merged_into is None,
        "name": [{"use": "official", "text": person.name}],
        "gender": person.sex.value,
        "birthDate": person.birth_date.isoformat(),
    }
    if person.died_on is not None:
        resource["deceasedDateTime"] = person.died_on.isoformat()
    if person.merged_into is not None:
        other = {"reference": f"Patient/{person.merged_into}"}
        resource["link"] = [{"other": other, "type": "replaced-by"}]
    return resource


def recognised(person_id: UUID, identity: Identity) -> dict[str, Any]:
    """Return what whoever has a number and a name knows already, and by which id it is known here.

    The number itself is not said back.
    """
    return {
        "resourceType": "Patient",
        "id": str(person_id),
        "name": [{"use": "official", "text": identity.name}],
        "gender": identity.sex.value,
        "birthDate": identity.birth_date.isoformat(),
    }


def practitioner(post: Post) -> dict[str, Any]:
    """Return who holds a post; the licence number is public by law."""
    resource: dict[str, Any] = {
        "resourceType": "Practitioner",
        "id": str(post.person_id),
        "active": True,
        "name": [{"use": "official", "text": post.name}],
    }
    if post.licence_number:
        licence = [{"system": PRACTISING_LICENCE, "value": post.licence_number}]
        resource["qualification"] = [{"identifier": licence, "code": {"text": post.role}}]
    return resource


def practitioner_role(post: Post) -> dict[str, Any]:
    period = {"start": post.since.isoformat()}
    if post.ended_at is not None:
        period["end"] = post.ended_at.isoformat()
    known = post.role in KNOWN_ROLES
    code = {"coding": [{"system": ROLE, "code": post.role}]} if known else {"text": post.role}
    return {
        "resourceType": "PractitionerRole",
        "id": str(post.id),
        "active": post.ended_at is None,
        "period": period,
        "practitioner": {"reference": f"Practitioner/{post.person_id}", "display": post.name},
        "organization": _organization(post),
        "code": [code],
    }


def organization(institution: Institution) -> dict[str, Any]:
    identifiers = [{"system": CREDIT_CODE, "value": institution.credit_code}]
    if institution.licence_number:
        identifiers.append({"system": LICENCE, "value": institution.licence_number})
    resource: dict[str, Any] = {
        "resourceType": "Organization",
        "id": str(institution.id),
        "identifier": identifiers,
        "type": [_type(institution.kind)],
        "name": institution.name,
        "alias": [institution.short_name],
        "address": [{"text": institution.address}],
    }
    if institution.emergency_phone:
        resource["telecom"] = [{"system": "phone", "value": institution.emergency_phone}]
    if institution.parent_id is not None:
        resource["partOf"] = {"reference": f"Organization/{institution.parent_id}"}
    return resource


def patients_of(institution: Institution) -> dict[str, Any]:
    """Return the group of an institution's patients, under its id; who they are, its desk knows."""
    return {
        "resourceType": "Group",
        "id": str(institution.id),
        "active": True,
        "type": "person",
        "actual": True,
        "name": f"{institution.short_name}的患者",
        "managingEntity": {"reference": f"Organization/{institution.id}"},
    }


def department(department: Department) -> dict[str, Any]:
    """Return a department, which in FHIR is an organization within another."""
    return {
        "resourceType": "Organization",
        "id": str(department.id),
        "active": department.licensed,
        "identifier": [{"system": SUBJECT, "value": department.code}],
        "type": [{"coding": [{"system": ORGANIZATION, "code": "dept"}]}],
        "name": department.name,
        "partOf": {"reference": f"Organization/{department.institution_id}"},
    }


def _organization(post: Post) -> dict[str, str]:
    """Point at the department where there is one, since it is part of the institution."""
    if post.department_id is not None:
        return {"reference": f"Organization/{post.department_id}", "display": post.department_name}
    return {"reference": f"Organization/{post.institution_id}", "display": post.institution_name}


def _type(kind: Kind) -> dict[str, Any]:
    general = {"system": ORGANIZATION, "code": TYPES.get(kind, "prov")}
    return {"coding": [general, {"system": KIND, "code": kind.value}]}
