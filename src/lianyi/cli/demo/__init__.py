"""The demo network (演示): the invented city of 青山市, and how it is put into a new database.

Everything comes in through the verbs that real institutions and people come in through.
"""
