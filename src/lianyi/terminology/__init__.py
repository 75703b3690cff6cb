"""Terminology (术语): drugs, diagnoses, observations, units and lay words, each with its source.

Owns the drug master (药品目录) and what is known about its substances (知识库), diagnoses (诊断),
observations (检验与生命体征) and lay words (通俗说明). Everything is public knowledge about things,
never about persons, so nothing here asks who is reading.

A release (发布版本) is a folder of files, shipped or an installation's own. It is read once into
one immutable snapshot and served from memory; every answer names the release, so that a decision
can store what it was based on. The newest that is no demo is in force. The shipped one is
演示知识库: it carries no pharmacist's approval; production refuses it.

A fact counts only with a source (来源). A fact whose source is `unsourced`, or that is missing,
makes its check answer COULD NOT CHECK (无法核查), never silence and never safe.

    release.toml, sources.toml, *.csv -> tables -> Snapshot -> rules -> queries
"""
