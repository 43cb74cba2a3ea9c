;;; lsp_mode.el --- Emacs with lsp-mode: diagnostics and fixes  -*- lexical-binding: t -*-

(add-to-list 'load-path (getenv "LACUNA_EDITOR_SCRIPTS"))
(require 'steps)
(setq lsp-auto-guess-root t make-backup-files nil create-lockfiles nil
      lsp-enable-suggest-server-download nil lsp-session-file (expand-file-name "lsp" "~"))

(defun findings ()
  "The server's diagnostics in the current buffer."
  (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics)))

(defvar root default-directory)

(step "connects"
  (lsp-workspace-folders-add default-directory)
  (find-file "orchard/labels.py")
  (lsp)
  (steps-wait "the server" (lambda ()
                             (seq-find (lambda (each) (eq 'initialized (lsp--workspace-status each)))
                                       (lsp-workspaces))))
  "lacuna")

(step "diagnostics after a save"
  (steps-save)
  (let* ((found (steps-wait "a finding" #'findings))
         (line (1+ (gethash "line" (gethash "start" (gethash "range" (car found)))))))
    (steps-equal (steps-line line) "def fits(label: str, width: int) -> bool:")
    (gethash "message" (car found))))

(step "code action: chosen and applied"
  (goto-char (point-min))
  (search-forward "len(label)")
  (let ((action (steps-wait "a fix" (lambda ()
                                      (seq-find (lambda (each)
                                                  (string-prefix-p "Fix: " (lsp:code-action-title each)))
                                                (lsp-code-actions-at-point))))))
    (lsp-execute-code-action action)
    (steps-wait "the edit" (lambda ()
                             (equal (steps-line 6)
                                    "    return \"é😀\" != label and len(label) <= width")))
    (lsp:code-action-title action)))

(step "green after the fix"
  (steps-save)
  (steps-wait "no finding" (lambda () (null (findings))))
  "0 diagnostics")

(step "completion items"
  (find-file (expand-file-name "orchard/harvest.py" root))
  (lsp)
  (goto-char (point-max))
  (insert "\ndef buyers(orders: list[Order]) -> set[str]:\n    names = set()\n"
          "    for order in orders:\n        for line in order.")
  (let ((item (steps-wait "an item"
                          (lambda ()
                            (pcase (lsp-completion-at-point)
                              (`(,from ,to ,table . ,_)
                               (car (all-completions (buffer-substring from to) table))))))))
    (set-buffer-modified-p nil)
    (substring-no-properties item)))

(set-buffer-modified-p nil)
