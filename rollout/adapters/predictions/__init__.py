"""What was predicted: what the data collectors of deployments wrote, and files of recorded answers.

Bodies are counted and compared here; only counts leave the room.
"""
