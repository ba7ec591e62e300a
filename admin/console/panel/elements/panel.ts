// The root: chooses the language, then the gate or the overview.
import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { onEnd, signedIn, signOut } from '../session';
import { chooseLanguage, say } from '../words';
import { PageElement } from './base';
import './overview';
import './sign-in';

@customElement('ht-panel')
export class Panel extends PageElement {
  @state() private inside = signedIn();
  @state() private ended = false;

  override connectedCallback(): void {
    chooseLanguage(new URLSearchParams(location.search));
    super.connectedCallback();
    onEnd(() => {
      this.inside = false;
      this.ended = true;
    });
  }

  protected override render(): TemplateResult {
    document.title = say().title;
    return this.inside
      ? html`<ht-overview @ht-sign-out=${this.#leave}></ht-overview>`
      : html`<ht-sign-in .ended=${this.ended} @ht-signed-in=${() => (this.inside = true)}></ht-sign-in>`;
  }

  #leave = (): void => {
    signOut();
    this.ended = false;
    this.inside = false;
  };
}
