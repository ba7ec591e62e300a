photo-unreadable-title = The photo cannot be read
photo-unreadable-detail = The file is cut off or damaged. Please take the photo again or choose another one.
image-too-large-title = The picture has too many pixels
image-too-large-detail = At most 50 megapixels, and at most 16384 pixels on a side.
quota-title = The limit for photos is reached
quota-detail = At most 50 photos a day for one person and 10 photos on one report.
