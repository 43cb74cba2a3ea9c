" Vim 9 with ALE: diagnostics and fixes; completion is for typed keys, and comes after this script.
set nomore
let s:patience_s = str2float(empty($LACUNA_EDITOR_PATIENCE_S) ? '60' : $LACUNA_EDITOR_PATIENCE_S)

function! s:Note(feature, ok, begun, seen) abort
  let l:row = {'feature': a:feature, 'ok': a:ok, 'seconds': reltimefloat(reltime(a:begun)), 'seen': a:seen}
  call writefile([json_encode(l:row)], $LACUNA_EDITOR_ROWS, 'a')
endfunction

" One row: what `perform` returns was seen.
function! s:Step(feature, perform) abort
  let l:begun = reltime()
  try
    call s:Note(a:feature, v:true, l:begun, call(a:perform, []))
  catch
    call s:Note(a:feature, v:false, l:begun, v:exception)
  endtry
endfunction

function! s:Wait(what, seen) abort
  let l:begun = reltime()
  while !a:seen()
    if reltimefloat(reltime(l:begun)) > s:patience_s
      throw 'not seen: ' . a:what
    endif
    sleep 20m
  endwhile
endfunction

function! s:Found() abort
  return filter(copy(ale#engine#GetLoclist(bufnr(''))), {_, each -> each.linter_name is# 'lacuna'})
endfunction

function! s:Diagnostics() abort
  edit orchard/labels.py
  write
  call s:Wait('a finding', {-> !empty(s:Found())})
  let l:found = s:Found()[0]
  if getline(l:found.lnum) !~# '^def fits'
    throw 'marked: ' . getline(l:found.lnum)
  endif
  return l:found.text
endfunction

function! s:Action() abort
  call cursor(6, 5)
  let l:fixed = '    return "é😀" != label and len(label) <= width'
  let l:begun = reltime()
  while getline(6) isnot# l:fixed
    if reltimefloat(reltime(l:begun)) > s:patience_s
      throw 'not seen: the fix, but ' . getline(6)
    endif
    call feedkeys("1\<CR>")
    ALECodeAction
    sleep 300m
  endwhile
  return getline(6)
endfunction

function! s:Green() abort
  write
  call s:Wait('no finding', {-> empty(s:Found())})
  return '0 diagnostics'
endfunction

call s:Step('diagnostics after a save', function('s:Diagnostics'))
call s:Step('code action: applied', function('s:Action'))
call s:Step('green after the fix', function('s:Green'))
call s:Note('errors in the editor', empty(v:errmsg), reltime(), v:errmsg)
