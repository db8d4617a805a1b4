// Who the browser acts as: a function key and a claimed name, or the platform's sign-in.
//
// The key lives in this tab's storage and goes into a header. It is never part of an address, which
// ends in histories and logs.

const KEY = "rollout.key";
const NAME = "rollout.name";
const BACK = "rollout.back";

export const key = () => sessionStorage.getItem(KEY) ?? "";
export const name = () => sessionStorage.getItem(NAME) ?? "";

/** Keep a key and a name until the tab is closed; without arguments forget both. */
export function keep(newKey = "", newName = "") {
  for (const [place, value] of [[KEY, newKey], [NAME, newName]]) {
    if (value) sessionStorage.setItem(place, value);
    else sessionStorage.removeItem(place);
  }
}

/** The platform's sign-in page. It comes back to the console without the part behind `#`, so that
 * part is kept; `backFromSignIn` returns to it. */
export const SIGN_IN = "/.auth/login/aad?post_login_redirect_uri=/api/ui/";
export const SIGN_OUT = "/.auth/logout?post_logout_redirect_uri=/api/ui/";

export function leaveForSignIn() {
  sessionStorage.setItem(BACK, location.hash);
}

export function backFromSignIn() {
  const back = sessionStorage.getItem(BACK);
  sessionStorage.removeItem(BACK);
  if (back && !location.hash) location.replace(back);
}
