;;; eglot.el --- Emacs with eglot: diagnostics, fixes and completion  -*- lexical-binding: t -*-

(add-to-list 'load-path (getenv "LACUNA_EDITOR_SCRIPTS"))
(require 'steps)
; As after a key: after a click, menus are the window system's.
(setq last-nonmenu-event ?x)
(setq eglot-sync-connect 30 make-backup-files nil create-lockfiles nil)

(defun findings ()
  "The server's diagnostics in the current buffer."
  (flymake-diagnostics))

(defun menu ()
  "The code actions at point, as a user is shown them: an alist by title."
  (eglot--signal-textDocument/didChange)
  (mapcar (lambda (action) (cons (plist-get action :title) action))
          (append (jsonrpc-request
                   (eglot--current-server-or-lose) :textDocument/codeAction
                   (list :textDocument (eglot--TextDocumentIdentifier)
                         :range (list :start (eglot--pos-to-lsp-position)
                                      :end (eglot--pos-to-lsp-position))
                         :context (list :diagnostics [])))
                  nil)))

(defvar root default-directory)

(step "connects"
  (find-file (expand-file-name "orchard/labels.py" root))
  (eglot-ensure)
  (run-hooks 'post-command-hook)
  (steps-wait "the server" #'eglot-current-server)
  (plist-get (eglot--server-info (eglot-current-server)) :name))

(step "diagnostics after a save"
  (steps-save)
  (flymake-start)
  (let ((found (steps-wait "a finding" #'findings)))
    (goto-char (flymake-diagnostic-beg (car found)))
    (steps-equal (steps-line (line-number-at-pos)) "def fits(label: str, width: int) -> bool:")
    (flymake-diagnostic-text (car found))))

(step "code action: chosen and applied"
  (goto-char (point-min))
  (search-forward "len(label)")
  (let ((title (steps-wait "a fix" (lambda ()
                                     (seq-find (lambda (each) (string-prefix-p "Fix: " each))
                                               (mapcar #'car (menu)))))))
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_ items &rest _)
                 (seq-find (lambda (each) (string-prefix-p "Fix: " each)) (mapcar #'car items))))
              ((symbol-function 'y-or-n-p) (lambda (&rest _) t)))
      (eglot-code-actions (point) (point) nil t))
    (steps-wait "the edit" (lambda ()
                             (equal (steps-line 6)
                                    "    return \"é😀\" != label and len(label) <= width")))
    title))

(step "green after the fix"
  (steps-save)
  (steps-wait "no finding" (lambda () (null (findings))))
  "0 diagnostics")

(step "completion items"
  (find-file (expand-file-name "orchard/harvest.py" root))
  (eglot-ensure)
  (run-hooks 'post-command-hook)
  (goto-char (point-max))
  (insert "\ndef buyers(orders: list[Order]) -> set[str]:\n    names = set()\n"
          "    for order in orders:\n        for line in order.")
  (let ((item (steps-wait "an item"
                          (lambda ()
                            (pcase (run-hook-with-args-until-success
                                    'completion-at-point-functions)
                              (`(,from ,to ,table . ,_)
                               (car (all-completions (buffer-substring from to) table))))))))
    (set-buffer-modified-p nil)
    (substring-no-properties item)))

(step "no error in its buffers"
  (dolist (buffer (buffer-list))
    (when (string-match-p "EGLOT.*\\(stderr\\|events\\)" (buffer-name buffer))
      (with-current-buffer buffer
        (goto-char (point-min))
        (when (re-search-forward "Traceback\\|^\\[server-reply\\].*ERROR\\|^[0-9].* ERROR " nil t)
          (error "%s: %s" (buffer-name) (steps-line (line-number-at-pos)))))))
  "none")

(eglot-shutdown-all)
