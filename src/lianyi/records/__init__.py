"""The shared clinical record (病历): FHIR R4 resources of a person, an institution or nobody.

Owns what was written about somebody, word for word (正文), by whom (书写机构), every version of it
(版本), whether it has been released to the person (放行), and which sensitive classes (敏感类别) it
touches. Clinical facts live only here. Nothing is deleted: a mistake is a further version that says
entered-in-error (错录作废).

    publish -> version 1 -> publish -> version 2 -> ... -> retract -> entered in error
            (withheld -> release -> released)

Who reads brings a chart; release, sensitive classes, institutions and dates are decided inside the
WHERE by what the chart carries. A query that finds nothing never means that there is nothing: an
allergy that was never asked about is not the absence of one.
"""
