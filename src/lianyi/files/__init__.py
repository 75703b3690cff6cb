"""Files (文件): pictures and documents, kept sealed and shown only through a door.

What arrives is looked at before it is kept: a picture is drawn anew, so that nothing of it but the
picture stays (no place, no device, no hidden data); a PDF is kept as it is; anything else is
refused. Content lies under its SHA-256 in the folder of the institution that keeps it (租户),
sealed with that institution's own key; its row, which says whose it is, is written after the disk
has it. Nothing here is ever changed.
"""
