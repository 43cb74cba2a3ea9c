;;; steps.el --- What the Emacs scripts share  -*- lexical-binding: t -*-

(require 'json)

(defvar steps-patience-s (string-to-number (or (getenv "LACUNA_EDITOR_PATIENCE_S") "60")))

(defun steps-note (feature ok seconds seen)
  "Write a row."
  (let ((coding-system-for-write 'utf-8))
    (write-region
     (concat (json-encode `((feature . ,feature) (ok . ,(if ok t :json-false))
                            (seconds . ,seconds) (seen . ,(format "%s" seen))))
             "\n")
     nil (getenv "LACUNA_EDITOR_ROWS") 'append 'silent)))

(defmacro step (feature &rest body)
  "One row: what BODY returns was seen."
  (declare (indent 1))
  `(let ((begun (float-time)))
     (condition-case problem
         (let ((seen (progn ,@body)))
           (steps-note ,feature t (- (float-time) begun) seen))
       (error (steps-note ,feature nil (- (float-time) begun) (error-message-string problem))))))

(defun steps-wait (what seen)
  "The first value of SEEN that is not nil."
  (let ((last (+ (float-time) steps-patience-s)) value)
    (while (and (not (setq value (funcall seen))) (< (float-time) last))
      (accept-process-output nil 0.02))
    (or value (error "not seen: %s" what))))

(defun steps-line (number)
  "The text of a line of the current buffer."
  (save-excursion
    (goto-char (point-min))
    (forward-line (1- number))
    (buffer-substring-no-properties (line-beginning-position) (line-end-position))))

(defun steps-equal (seen expected)
  (unless (equal seen expected)
    (error "expected %S, seen %S" expected seen)))

(defun steps-save ()
  "Save, even where nothing has changed."
  (set-buffer-modified-p t)
  (save-buffer))

(provide 'steps)
;;; steps.el ends here
