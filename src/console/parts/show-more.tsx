import { Button } from '@mantine/core';

interface ShowMoreProps {
  /** A list that comes in pages. */
  readonly of: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

/** The button below a list of which there is more. */
export function ShowMore({ of: list }: ShowMoreProps) {
  if (!list.hasNextPage) return null;
  return (
    <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
      Show more
    </Button>
  );
}
