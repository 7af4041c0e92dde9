/** Whether somebody can be looking at what Gorgon shows. */

/** What one VS Code window says of itself. */
export interface Attention {
  /** The window has the focus. */
  readonly focused: boolean;
  /** The dashboard is open and not behind another tab. */
  readonly dashboardVisible: boolean;
  /** It shows notifications: they are not switched off in its settings. */
  readonly notifies: boolean;
}
