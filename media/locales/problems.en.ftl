photo-unreadable = The photo cannot be read
    .detail = The file is cut off or damaged. Please take the photo again or choose another one.
image-too-large = The picture has too many pixels
    .detail = At most 50 megapixels, and at most 16384 pixels on a side.
quota = The limit for photos is reached
    .detail = At most 50 photos a day for one person and 10 photos on one report.
