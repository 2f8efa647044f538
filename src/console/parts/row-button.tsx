import { Button } from '@mantine/core';

interface RowButtonProps {
  readonly verb: string;
  /** What the row is of, for who does not see which row it is in. */
  readonly of: string;
  readonly onClick: () => void;
}

/** A button that does something with what a row of a table shows. */
export function RowButton({ verb, of, onClick }: RowButtonProps) {
  return (
    <Button variant="default" size="xs" aria-label={`${verb} ${of}`} onClick={onClick}>
      {verb}
    </Button>
  );
}
