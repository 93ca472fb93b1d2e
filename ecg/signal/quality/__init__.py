"""Where a lead can't be read, and why: noise, a flat line, clipping, flutter, a pacemaker, no ECG at all."""
