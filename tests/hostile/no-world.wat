;; Not put into the frame: a component that does nothing the host knows.
(component)
